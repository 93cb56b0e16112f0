"""The 64 emoji that two people compare, with their names.

The table is part of the protocol: client-server API, "SAS method: emoji", with the names of `sas-emoji.json` there.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Emoji:
    """One of the 64: the sign, and how it is called in English and German."""

    sign: str
    english: str
    german: str


EMOJI = (
    Emoji("🐶", "Dog", "Hund"),
    Emoji("🐱", "Cat", "Katze"),
    Emoji("🦁", "Lion", "Löwe"),
    Emoji("🐎", "Horse", "Pferd"),
    Emoji("🦄", "Unicorn", "Einhorn"),
    Emoji("🐷", "Pig", "Schwein"),
    Emoji("🐘", "Elephant", "Elefant"),
    Emoji("🐰", "Rabbit", "Hase"),
    Emoji("🐼", "Panda", "Panda"),
    Emoji("🐓", "Rooster", "Hahn"),
    Emoji("🐧", "Penguin", "Pinguin"),
    Emoji("🐢", "Turtle", "Schildkröte"),
    Emoji("🐟", "Fish", "Fisch"),
    Emoji("🐙", "Octopus", "Oktopus"),
    Emoji("🦋", "Butterfly", "Schmetterling"),
    Emoji("🌷", "Flower", "Blume"),
    Emoji("🌳", "Tree", "Baum"),
    Emoji("🌵", "Cactus", "Kaktus"),
    Emoji("🍄", "Mushroom", "Pilz"),
    Emoji("🌏", "Globe", "Globus"),
    Emoji("🌙", "Moon", "Mond"),
    Emoji("☁️", "Cloud", "Wolke"),
    Emoji("🔥", "Fire", "Feuer"),
    Emoji("🍌", "Banana", "Banane"),
    Emoji("🍎", "Apple", "Apfel"),
    Emoji("🍓", "Strawberry", "Erdbeere"),
    Emoji("🌽", "Corn", "Mais"),
    Emoji("🍕", "Pizza", "Pizza"),
    Emoji("🎂", "Cake", "Kuchen"),
    Emoji("❤️", "Heart", "Herz"),
    Emoji("😀", "Smiley", "Lächeln"),
    Emoji("🤖", "Robot", "Roboter"),
    Emoji("🎩", "Hat", "Hut"),
    Emoji("👓", "Glasses", "Brille"),
    Emoji("🔧", "Spanner", "Schraubenschlüssel"),
    Emoji("🎅", "Santa", "Weihnachtsmann"),
    Emoji("👍", "Thumbs Up", "Daumen Hoch"),
    Emoji("☂️", "Umbrella", "Regenschirm"),
    Emoji("⌛", "Hourglass", "Sanduhr"),
    Emoji("⏰", "Clock", "Uhr"),
    Emoji("🎁", "Gift", "Geschenk"),
    Emoji("💡", "Light Bulb", "Glühbirne"),
    Emoji("📕", "Book", "Buch"),
    Emoji("✏️", "Pencil", "Bleistift"),
    Emoji("📎", "Paperclip", "Büroklammer"),
    Emoji("✂️", "Scissors", "Schere"),
    Emoji("🔒", "Lock", "Schloss"),
    Emoji("🔑", "Key", "Schlüssel"),
    Emoji("🔨", "Hammer", "Hammer"),
    Emoji("☎️", "Telephone", "Telefon"),
    Emoji("🏁", "Flag", "Flagge"),
    Emoji("🚂", "Train", "Zug"),
    Emoji("🚲", "Bicycle", "Fahrrad"),
    Emoji("✈️", "Aeroplane", "Flugzeug"),
    Emoji("🚀", "Rocket", "Rakete"),
    Emoji("🏆", "Trophy", "Pokal"),
    Emoji("⚽", "Ball", "Ball"),
    Emoji("🎸", "Guitar", "Gitarre"),
    Emoji("🎺", "Trumpet", "Trompete"),
    Emoji("🔔", "Bell", "Glocke"),
    Emoji("⚓", "Anchor", "Anker"),
    Emoji("🎧", "Headphones", "Kopfhörer"),
    Emoji("📁", "Folder", "Ordner"),
    Emoji("📌", "Pin", "Stecknadel"),
)
"""In the order of the protocol: the place of each is its number."""
