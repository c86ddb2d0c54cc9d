//! vapi-mcp
