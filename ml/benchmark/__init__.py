"""The public matching benchmark (real financing rounds): data, features, models and peers.

Contains information from Crunchbase (crunchbase.com), October 2013 export, CC BY; modified.
"""
