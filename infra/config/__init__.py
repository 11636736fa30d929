"""What to watch and how: `watches.yaml` and the catalogue, compiled into the plan.

`plan.compile_plan` is the way in. `files` reads YAML and words mistakes, `aws` knows the services'
models, `lint` holds the catalogue's rows against them.
"""
