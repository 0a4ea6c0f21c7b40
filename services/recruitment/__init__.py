"""Owns agreements, programmes, intakes, applicants, offers and cohorts. Decides who gets a seat."""
