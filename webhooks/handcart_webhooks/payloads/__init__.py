"""The platform's JSON, one schema a payload: only the fields we use, everything else kept out.

Field names and types: shopify.dev, webhook payloads. A missing optional field is tolerated; an
impossible one is BadInput (``payload_invalid``), with the path of the field in its message.
"""
