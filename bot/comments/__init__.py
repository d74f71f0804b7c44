"""What is said where on a pull request: the plan of comments, hunks, budget and suggestions. Pure data."""
