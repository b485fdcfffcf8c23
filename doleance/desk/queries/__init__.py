"""What needs me now, by page: `worklist` for Dossiers and the rail, `dossier` and `timeline` for one file."""
