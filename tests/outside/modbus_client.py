"""A station of other people: `python3 modbus_client.py tcp|rtu|rtutcp PLACE`, with pymodbus.

Reads the first 40 registers of unit 1 and prints them; writes 3 4 5 at 105 with function 16 and 9 at 103 with
function 6, reads them back and prints them; prints the code of the exception that register 60000 gives.
"""

# No parity: a pseudo-terminal has none, and pyserial refuses to ask for it.
import sys

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient

kind, place = sys.argv[1:]
if kind == "rtu":
    client = ModbusSerialClient(place, framer=FramerType.RTU, baudrate=19200, timeout=3)
else:
    host, port = place.rsplit(":", 1)
    framer = FramerType.SOCKET if kind == "tcp" else FramerType.RTU
    client = ModbusTcpClient(host, port=int(port), framer=framer, timeout=3)
assert client.connect()
print(*client.read_holding_registers(0, count=40, device_id=1).registers)
client.write_registers(105, [3, 4, 5], device_id=1)
client.write_register(103, 9, device_id=1)
print(*client.read_holding_registers(103, count=5, device_id=1).registers)
print(client.read_holding_registers(60000, count=1, device_id=1).exception_code)
client.close()
