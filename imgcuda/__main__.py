"""`python -m imgcuda` is the command `imgcuda`."""

from imgcuda.cli import main

if __name__ == "__main__":
    main()
