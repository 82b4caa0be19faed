"""`python -m kkiri` and the `kkiri` command: the command line, nothing else."""

from kkiri.cli.program import main

if __name__ == "__main__":
    main()
