"""The screens of curriculum."""

from fastapi import APIRouter

router = APIRouter(prefix="/curriculum")
