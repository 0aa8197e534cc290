"""Image encoders: pictures in, features out. One module for each kind."""
