"""The engine on another computer, through OpenSSH. Standard library only: it runs on both sides, and here in Blender's Python
as well."""
