"""Meta's Conversions API: CRM events to a dataset.

`provider` is light; `payloads` and `client` load Meta's library and are imported when the first
request is built.
"""
