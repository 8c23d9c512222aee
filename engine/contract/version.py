"""The version of engine and extension."""

VERSION = "0.1.0"
