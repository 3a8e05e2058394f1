"""What C++ refuses although it parses: types, `const`, scopes and overloads, checked before a kernel is compiled."""
