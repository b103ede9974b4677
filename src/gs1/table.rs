//! The application identifiers this program carries: what a packaging line prints or accepts, in
//! GS1's dictionary format.
//!
//! Lengths, character sets and rules after the GS1 General Specifications. A full dictionary can
//! replace this table (`--ai-dictionary`).

pub(super) const TABLE: &str = "\
00         *?  N18,csum,gcppos2                               # SSCC
01         *?  N14,csum,gcppos2    ex=255,37                  # GTIN
02         *?  N14,csum,gcppos2    ex=01,03 req=37            # CONTENT
03         *   N14,csum,gcppos2    ex=01,02,37                # MTO GTIN
10          ?  X..20               req=01,02,03,8006,8026     # BATCH/LOT
11         *?  N6,yymmd0           req=01,02,03,8006,8026     # PROD DATE
12         *?  N6,yymmd0           req=8020                   # DUE DATE
13         *?  N6,yymmd0           req=01,02,03,8006,8026     # PACK DATE
15         *?  N6,yymmd0           req=01,02,03,8006,8026     # BEST BEFORE or BEST BY
16         *?  N6,yymmd0           req=01,02,03,8006,8026     # SELL BY
17         *?  N6,yymmd0           req=01,02,03,255,8006,8026 # USE BY or EXPIRY
20         *?  N2                  req=01,02,8006,8026        # VARIANT
21             X..20               req=01,03,8006 ex=235      # SERIAL
22             X..20               req=01                     # CPV
235            X..28               req=01                     # TPX
240         ?  X..30               req=01,02,8006,8026        # ADDITIONAL ID
241         ?  X..30               req=01,02,8006,8026        # CUST. PART No.
243         ?  X..20               req=01                     # PCN
250         ?  X..30               req=01,8006 req=21         # SECONDARY SERIAL
251         ?  X..30               req=01,8006                # REF. TO SOURCE
253         ?  N13,csum,gcppos1 [X..17]                       # GDTI
254            X..20               req=414                    # GLN EXTENSION COMPONENT
255         ?  N13,csum,gcppos1 [N..12] ex=01,02,415,8006,8020,8026 # GCN
30          ?  N..8                req=01,02                  # VAR. COUNT
37          ?  N..8                req=00 req=02,8026         # COUNT
3100-3105  *?  N6                  req=01,02 ex=310n          # NET WEIGHT (kg)
3300-3305  *?  N6                  req=00,01 ex=330n          # GROSS WEIGHT (kg)
400         ?  X..30                                          # ORDER NUMBER
401         ?  X..30,gcppos1                                  # GINC
402         ?  N17,csum,gcppos1                               # GSIN
403         ?  X..30               req=00                     # ROUTE
410        *?  N13,csum,gcppos1                               # SHIP TO LOC
411        *?  N13,csum,gcppos1                               # BILL TO
412        *?  N13,csum,gcppos1                               # PURCHASE FROM
413        *?  N13,csum,gcppos1                               # SHIP FOR LOC
414        *?  N13,csum,gcppos1                               # LOC No.
415        *?  N13,csum,gcppos1    req=8020                   # PAY TO
416        *?  N13,csum,gcppos1                               # PROD/SERV LOC
417        *?  N13,csum,gcppos1                               # PARTY
7003        ?  N6,yymmdd N4,hhmi   req=01,02                  # EXPIRY TIME
7004        ?  N..4                req=01+10                  # ACTIVE POTENCY
7006        ?  N6,yymmdd           req=01,02                  # FIRST FREEZE DATE
710-717     ?  X..20               req=01                     # NHRN
8003        ?  N1,zero N13,csum,gcppos1 [X..16]               # GRAI
8004        ?  X..30,gcppos1                                  # GIAI
8006        ?  N14,csum,gcppos2 N4,pieceoftotal ex=01,37      # ITIP
8008        ?  N6,yymmdd N2,hh [N2],mi [N2],ss req=01,02      # PROD TIME
8020           X..25               req=415                    # REF No.
8026        ?  N14,csum,gcppos2 N4,pieceoftotal req=37 ex=02,8006 # ITIP CONTENT
8200           X..70               req=01                     # PRODUCT URL
90          ?  X..30                                          # INTERNAL
91-99       ?  X..90                                          # INTERNAL
";
