"""Everything that knows GitHub: events, the change of a pull request, files through the API, publishing."""
