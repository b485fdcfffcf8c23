"""What happens to complaints: to the file itself (`dossiers`), and to what it complains of (`grievances`)."""
