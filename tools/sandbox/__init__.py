"""Scratch views: a project with a patch applied, isolated as well as the machine allows."""
