"""The program as people start it: processes, sockets, real `git send-email` and `git am`."""
