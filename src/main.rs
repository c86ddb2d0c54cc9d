//! vapi-mcp
fn main() {}
