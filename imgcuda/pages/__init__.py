"""HTML pages in one file each, with their pictures, style and script inside: they load nothing, and show anywhere."""
