"""A PLC of other people: `python3 modbus_server.py tcp|rtu|rtutcp PLACE WORD...`, with pymodbus.

PLACE is HOST:PORT or a serial device. Unit 7 has holding registers 0 to 9999; the first are the words given.
"""

# No parity: a pseudo-terminal has none, and pyserial refuses to ask for it.
import sys

from pymodbus import FramerType
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

kind, place, *words = sys.argv[1:]
values = [int(word) for word in words]
values += [0] * (10000 - len(values))
device = SimDevice(7, [SimData(0, values=values, datatype=DataType.REGISTERS)])
if kind == "rtu":
    StartSerialServer(device, framer=FramerType.RTU, port=place, baudrate=115200)
else:
    host, port = place.rsplit(":", 1)
    framer = FramerType.SOCKET if kind == "tcp" else FramerType.RTU
    StartTcpServer(device, framer=framer, address=(host, int(port)))
