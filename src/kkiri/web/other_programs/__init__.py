"""What other programs come in by: Torznab and RSS, OpenSubsonic, WebDAV."""
