"""The command line from a checkout: `python cli.py --help`. Installed, the same entry point is called `kt-fewshot`."""

if __name__ == "__main__":
    from kt_fewshot.commands import main

    main()
