"""The Google Ads API's click upload: the legacy way, for those Google still lets use it.

`provider`, `payloads`, `reasons` and `failures` are light; `client` loads Google's library, which
takes seconds and some hundred megabytes, and is imported when the first request is built.
"""
