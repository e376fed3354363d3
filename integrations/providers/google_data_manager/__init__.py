"""Google's Data Manager API: offline conversions and enhanced conversions for leads.

`provider` and `payloads` are light; `client` loads Google's library, which takes about a second,
and is imported when the first request is built.
"""
