"""Pure machine learning: arrays, frames and plain dictionaries in, arrays out.

Nothing here knows Flask, SQLAlchemy or the app. Importing `ml` and scoring with a loaded linear model needs numpy
only; scikit-learn is imported by training and by models that hold estimators.
"""
