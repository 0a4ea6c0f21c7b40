"""The words of our pages in both languages: catalogues, and what checks them."""
