"""The only room that speaks SOAP, HTTP and TLS, and the seam that every exchange passes."""
