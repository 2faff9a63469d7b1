"""Bytes that leave the house: papers and documents, only to those who may see their application."""
