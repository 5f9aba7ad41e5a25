"""PDFs for the tests, written page by page."""

from pathlib import Path

from fpdf import FPDF


def write_pdf(
    path: Path, pages: list[str], *, title: str = "", password: str = "", running: str = ""
) -> Path:
    """Write a PDF; `running` is printed at the top of each page, with the page's number."""
    pdf = FPDF(format=(148, 210))
    if title:
        pdf.set_title(title)
    if password:
        pdf.set_encryption(owner_password=password, user_password=password)
    pdf.set_font("helvetica", size=10)
    for number, text in enumerate(pages, start=1):
        pdf.add_page()
        if running:
            pdf.multi_cell(0, 5, f"{running} {number}\n\n", align="L")
            pdf.set_x(pdf.l_margin)
        pdf.multi_cell(0, 5, text, align="L")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(pdf.output()))
    return path
