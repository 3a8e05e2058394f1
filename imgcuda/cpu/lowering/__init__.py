"""From the syntax tree of a kernel to LLVM's language."""
