# What posts say when outages start, change and end.
