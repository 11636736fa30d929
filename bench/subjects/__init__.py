"""What is measured, each a process in an environment of its own.

A subject is a module that is run with the name of a source and the number of its jobs. It imports
its library, makes its clients, and then looks at all the jobs once for each question.
"""
