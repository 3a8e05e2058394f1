"""The semantic checks of C++, done before a kernel is compiled: types, `const`, scopes and overloads."""
