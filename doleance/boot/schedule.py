"""Every periodic job, in one table: when it runs, and the job it defers. Times are UTC."""
