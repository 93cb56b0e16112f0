"""What `fedichat check` looks at, a file for each subject.

The bot may be running meanwhile: the database is only read, no Matrix events are taken, and the encryption keys are not
used. As at a start, it joins the configured rooms that it can join, and logs in if nobody has yet.
"""
