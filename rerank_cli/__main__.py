"""`python -m rerank_cli` is `rerank`."""

from rerank_cli.cli import main

if __name__ == "__main__":
    main()
