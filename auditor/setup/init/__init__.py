"""The use case: a live cluster, or a golden one, in; a commented configuration file out.

`asking` puts the questions, `profile` and `golden` say what the deployment is, `page` writes it.
"""
