"""RECEIVING: from the POST to the answer."""
