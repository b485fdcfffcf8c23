"""What happens on the wire's side: to messages (`messages`) and to the mailboxes they come by (`mailboxes`)."""
