"""The embedded default: a PostgreSQL of our own and the supervision of Airflow's processes."""
