"""docker-compose.yml, run for real: brought up, sent mail, each container killed in turn, and looked at from outside.

`deploy/compose-test` runs it. It needs root and a container engine, so nothing of it runs with the tests.
"""
