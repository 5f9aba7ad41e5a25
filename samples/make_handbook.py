"""Writes documents/passenger-handbook.pdf: `python samples/make_handbook.py`.

Harbour & Vale Ferries is invented. Every run writes the same bytes, so that a test can compare
the PDF with a new one. Each chapter has its own page, so that the page of every answer in
questions.jsonl is known.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF, XPos, YPos

HANDBOOK = Path(__file__).parent / "documents" / "passenger-handbook.pdf"
TITLE = "Harbour & Vale Ferries: Passenger Handbook"

#: One page each: (heading, paragraphs).
CHAPTERS = [
    (
        "Welcome aboard",
        [
            "Harbour & Vale Ferries carries people, parcels and sheep between the town of "
            "Carrick Harbour, the island of Little Vale and the lighthouse village of Sundrift. "
            "Three ships do the work: the Marram, the Samphire and the Sea Holly. The Marram "
            "takes 310 passengers and 42 cars, the Samphire 180 passengers and 20 cars. The Sea "
            "Holly takes no cars at all and sails from April to October only.",
            "This handbook holds what passengers ask us most: how to book, when to be at the "
            "quay, what may come along, and what we owe you when a sailing is late. It applies "
            "to every sailing from 1 March 2026 until a newer edition takes its place.",
            "Our ticket office on Lantern Quay is open from 6:30 to 19:00 every day except 25 "
            "December. The telephone is answered at the same hours. Outside them, ask the purser "
            "on board: every ship carries one, and you will know them by the green lanyard.",
        ],
    ),
    (
        "Tickets and fares",
        [
            "A single crossing from Carrick Harbour to Little Vale costs 14.50 pounds for an "
            "adult on foot and 7.25 pounds for a child from 5 to 15. Children under 5 travel "
            "free but need a ticket, because we count everybody on board. A car with its driver "
            "costs 58 pounds in either direction.",
            "Residents of Little Vale and Sundrift pay half the foot fare. Show the blue island "
            "card when you buy the ticket; a photograph of the card is not enough.",
            "The ten-trip book costs 110 pounds, is valid for 18 months from the day it is "
            "bought, and may be shared among members of a household. It cannot be used for "
            "vehicles.",
            "A booking can be moved to another sailing once, free of charge, until two hours "
            "before departure. After that, or for a second change, the fee is 6 pounds for each "
            "passenger. Refunds are described in the refund policy, not in this handbook.",
        ],
    ),
    (
        "Check-in and boarding",
        [
            "Vehicles must be in the marshalling lanes 45 minutes before departure. Foot "
            "passengers check in at least 20 minutes before departure. The gangway is lifted 5 "
            "minutes before the ship sails, and it is not lowered again for anyone.",
            "Bring the ticket on paper or on a screen. Adults bring a photo identity document "
            "on the Sundrift route, because that crossing touches the naval exercise area and "
            "the harbour master asks for a list of names.",
            "Boarding goes in this order: passengers who need assistance, families with "
            "children under 5, foot passengers, bicycles, motorcycles, cars. Switch off the "
            "alarm of your car before you leave it; the motion of the ship sets it off. The car "
            "deck is locked while the ship is under way and nobody may stay there.",
        ],
    ),
    (
        "Luggage, bicycles and vehicles",
        [
            "Each passenger may carry two pieces of luggage of up to 23 kilograms each. Larger "
            "things go on the parcel trolley at 3 pounds a piece. Surfboards and folded prams "
            "are free.",
            "Bicycles cost 4 pounds a crossing and need no booking, but there are only 16 racks "
            "on the Marram and 8 on the Samphire. Electric bicycles are welcome; their batteries "
            "may not be charged on board.",
            "The car deck of the Marram admits vehicles up to 4.10 metres high and that of the "
            "Samphire up to 2.85 metres. Measure roof boxes and bicycle carriers too. Trailers "
            "are charged by the started metre at 9 pounds.",
            "Petrol may be carried in the tank of a vehicle and nowhere else. Gas bottles of "
            "camper vans must be shut at the valve; a member of the crew puts a seal on it. "
            "Fireworks, and ammunition of any kind, stay ashore.",
        ],
    ),
    (
        "Animals on board",
        [
            "Dogs travel free on a lead and are allowed on the open decks and in the aft saloon. "
            "They are not allowed in the restaurant. Assistance dogs go wherever their people "
            "go.",
            "Cats, rabbits and other small animals travel in a carrier that closes. The ship "
            "lends carriers against a deposit of 20 pounds; ask the purser.",
            "Livestock crosses on Tuesdays only, on the Samphire, in trailers, and must be "
            "booked with the freight office 72 hours ahead. The driver shows the movement "
            "licence at the marshalling lanes. Horses are taken in horse boxes on any sailing of "
            "the Marram when the wind is below force 6.",
        ],
    ),
    (
        "Accessibility",
        [
            "All three ships have step-free gangways at Carrick Harbour and Little Vale. At "
            "Sundrift the quay is old and the tide decides: for two hours on each side of low "
            "water the ramp is steeper than one in eight, and the crew will help or propose "
            "another sailing.",
            "Tell us 24 hours before departure if you would like assistance, by telephone or on "
            "the booking form. A wheelchair can be borrowed at both ends of the Little Vale "
            "route. Lifts on the Marram reach every passenger deck; the Samphire has a stair "
            "lift that carries up to 160 kilograms.",
            "A companion of a passenger who cannot travel alone sails free of charge. Quiet "
            "cabin number 7 on the Marram is kept for passengers who are troubled by noise, and "
            "the purser has the key.",
        ],
    ),
    (
        "Delays and cancellations",
        [
            "When a sailing is more than 60 minutes late you get a voucher for a hot meal. When "
            "it is more than 120 minutes late you may choose between travelling later the same "
            "day and having your fare back.",
            "Compensation is a quarter of the fare for a delay of two hours and half of the fare "
            "for a delay of four hours or longer. Nothing is owed when the delay was caused by "
            "weather that made sailing unsafe, but the meal and, if need be, the bed are still "
            "ours to provide.",
            "If the last sailing of the day is cancelled we pay for a night ashore, up to 95 "
            "pounds for each passenger. Keep the bill and send it to the claims desk within 60 "
            "days. The claims desk answers within 15 working days.",
        ],
    ),
    (
        "Safety and lost property",
        [
            "Seven short blasts of the whistle and one long one mean: go to your assembly "
            "station. The station's letter is printed on your ticket. Life jackets for adults "
            "are under the seats; those for children are in the orange chests by the stairs.",
            "Smoking, and electronic cigarettes, are allowed on the port side of the open upper "
            "deck only. Drones may not be flown from the ship.",
            "What is found on board is kept at the ticket office on Lantern Quay for 90 days and "
            "then given to the lifeboat charity. Telephones and purses are handed over against a "
            "signature. To ask for something you lost, give the ship, the date and the deck.",
        ],
    ),
]


class Handbook(FPDF):
    """A page with a running header and a page number, as handbooks have."""

    def header(self) -> None:
        self.set_font("helvetica", "I", 9)
        self.cell(0, 8, TITLE, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(4)

    def footer(self) -> None:
        self.set_y(-18)
        self.set_font("helvetica", "", 9)
        self.cell(0, 8, f"Page {self.page_no()} - edition of March 2026", align="C")


def write_handbook(path: Path) -> None:
    """Write the PDF; the same bytes each time."""
    pdf = Handbook(format="A4")
    pdf.set_creation_date(datetime(2026, 3, 1, tzinfo=UTC))
    pdf.set_title(TITLE)
    pdf.set_author("Harbour & Vale Ferries")
    pdf.set_lang("en")
    pdf.set_margins(24, 18, 24)
    for number, (heading, paragraphs) in enumerate(CHAPTERS, start=1):
        pdf.add_page()
        pdf.start_section(heading)
        pdf.set_font("helvetica", "B", 17)
        pdf.cell(0, 12, f"{number}. {heading}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.set_font("helvetica", "", 11.5)
        for paragraph in paragraphs:
            pdf.multi_cell(0, 6.4, paragraph, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            pdf.ln(3.2)
    pdf.output(str(path))


if __name__ == "__main__":
    write_handbook(Path(sys.argv[1]) if len(sys.argv) > 1 else HANDBOOK)
