"""Any runner that writes JUnit XML."""
