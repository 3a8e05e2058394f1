"""From a `.cu` file to a program and its launch: text, argument lists, grids, and strips of rows."""
