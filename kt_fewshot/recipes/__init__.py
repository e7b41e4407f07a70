"""User stories, one a file: the only place that sees every folder. Commands and notebooks call the same ones."""
