"""What a chain does on a device, recorded from a real run: pieces, fused filters, launches, bytes and times."""
