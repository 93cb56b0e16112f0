"""The tour: a day at the desk that plays by itself and checks what people see."""
