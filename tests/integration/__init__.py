"""Handler, table, queues and processors together, on moto, made from template.yaml."""
