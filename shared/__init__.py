"""What every part of Yidan may import; imports nothing above it."""
