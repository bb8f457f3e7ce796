"""Checks: are these gradients right?"""
