"""Statistics of an image's samples: counted on a device, exactly, and in strips if the image exceeds memory."""
